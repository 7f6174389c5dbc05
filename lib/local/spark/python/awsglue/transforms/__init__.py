"""awsglue.transforms: the transforms as classes with apply(), each the DynamicFrame's method of the same meaning.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-transforms.html
"""
from awsglue.dynamicframe import DynamicFrameCollection
from awsglue.utils import NotLocalError


class GlueTransform:
    @classmethod
    def apply(cls, *args, **kwargs):
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls):
        return cls.__name__


class ApplyMapping(GlueTransform):
    def __call__(self, frame, mappings, **kwargs):
        return frame.apply_mapping(mappings)


class DropFields(GlueTransform):
    def __call__(self, frame, paths, **kwargs):
        return frame.drop_fields(paths)


class DropNullFields(GlueTransform):
    def __call__(self, frame, **kwargs):
        return frame.drop_null_fields()


class SelectFields(GlueTransform):
    def __call__(self, frame, paths, **kwargs):
        return frame.select_fields(paths)


class RenameField(GlueTransform):
    def __call__(self, frame, old_name, new_name, **kwargs):
        return frame.rename_field(old_name, new_name)


class ResolveChoice(GlueTransform):
    def __call__(self, frame, specs=None, choice="", database=None, table_name=None, **kwargs):
        return frame.resolveChoice(specs, choice, database, table_name)


class Filter(GlueTransform):
    def __call__(self, frame, f, **kwargs):
        return frame.filter(f)


class Map(GlueTransform):
    def __call__(self, frame, f, **kwargs):
        return frame.map(f)


class Join(GlueTransform):
    def __call__(self, frame1, frame2, keys1, keys2, **kwargs):
        return frame1.join(keys1, keys2, frame2)


class Relationalize(GlueTransform):
    def __call__(self, frame, staging_path=None, name="roottable", options=None, **kwargs):
        return frame.relationalize(name, staging_path)


class UnnestFrame(GlueTransform):
    def __call__(self, frame, **kwargs):
        return frame.unnest()


class SelectFromCollection(GlueTransform):
    def __call__(self, dfc, key, **kwargs):
        if not isinstance(dfc, DynamicFrameCollection):
            raise TypeError(f"expected a DynamicFrameCollection, got {type(dfc).__name__}")
        return dfc.select(key)


def _refused(name):
    def call(self, *args, **kwargs):
        raise NotLocalError(f"awsglue.transforms.{name}")

    return type(name, (GlueTransform,), {"__call__": call})


# They can be imported (scripts import all), and say so when they are used.
_REFUSED = (
    "ErrorsAsDynamicFrame FillMissingValues FindIncrementalMatches FindMatches FlatMap MapToCollection SplitFields SplitRows "
    "Spigot Unbox EvaluateDataQuality EvaluateDataQualityMultiFrame DetectSensitiveData EntityDetector DropDuplicates FillNull"
).split()
globals().update({name: _refused(name) for name in _REFUSED})
__all__ = [
    "GlueTransform", "ApplyMapping", "DropFields", "DropNullFields", "SelectFields", "RenameField", "ResolveChoice", "Filter",
    "Map", "Join", "Relationalize", "UnnestFrame", "SelectFromCollection", *_REFUSED,
]  # fmt: skip
