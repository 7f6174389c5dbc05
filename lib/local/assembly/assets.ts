// The assets of an assembly: which staged file or folder stands behind a bucket key or an image tag. In: asset manifests.
// Out: absolute paths. Always: a path lies where the assembly's own manifest says; an unknown asset is undefined.

import { isAbsolute, join, resolve } from 'node:path';
import type { Json } from '../engine';

export interface FileAsset {
  readonly path: string;
  readonly zip: boolean;
  readonly key: string;
  /** As the manifest writes it: may hold `${AWS::AccountId}` and `${AWS::Region}`. */
  readonly bucket: string;
}

export interface ImageAsset {
  readonly tag: string;
  readonly directory: string;
  readonly dockerFile: string;
  readonly buildArgs: { readonly [name: string]: string };
  readonly target?: string;
}

interface AssetManifest {
  readonly files?: {
    readonly [id: string]: {
      readonly source: { readonly path?: string; readonly packaging?: string };
      readonly destinations: { readonly [id: string]: { readonly objectKey: string; readonly bucketName?: string } };
    };
  };
  readonly dockerImages?: {
    readonly [id: string]: {
      readonly source: {
        readonly directory?: string;
        readonly dockerFile?: string;
        readonly dockerBuildArgs?: { readonly [name: string]: string };
        readonly dockerBuildTarget?: string;
      };
      readonly destinations: { readonly [id: string]: { readonly imageTag: string } };
    };
  };
}

export class Assets {
  private readonly files = new Map<string, FileAsset>();
  private readonly images = new Map<string, ImageAsset>();

  constructor(folder: string, manifests: readonly Json[]) {
    const absolute = (path: string) => (isAbsolute(path) ? path : resolve(join(folder, path)));
    for (const manifest of manifests as unknown as AssetManifest[]) {
      for (const { source, destinations } of Object.values(manifest.files ?? {})) {
        if (source.path === undefined) continue;
        for (const { objectKey, bucketName } of Object.values(destinations)) {
          this.files.set(objectKey, {
            path: absolute(source.path),
            zip: source.packaging === 'zip',
            key: objectKey,
            bucket: bucketName ?? '',
          });
        }
      }
      for (const { source, destinations } of Object.values(manifest.dockerImages ?? {})) {
        if (source.directory === undefined) continue;
        for (const { imageTag } of Object.values(destinations)) {
          this.images.set(imageTag, {
            tag: imageTag,
            directory: absolute(source.directory),
            dockerFile: source.dockerFile ?? 'Dockerfile',
            buildArgs: source.dockerBuildArgs ?? {},
            target: source.dockerBuildTarget,
          });
        }
      }
    }
  }

  /** The file asset that is uploaded under this key. */
  file(key: string): FileAsset | undefined {
    return this.files.get(key);
  }

  /** The image asset that a registry URI such as `…/cdk-assets:TAG` names. */
  image(uri: string): ImageAsset | undefined {
    const tag = /:([^/:]+)$/.exec(uri)?.[1];
    return tag === undefined ? undefined : this.images.get(tag);
  }

  /** All file assets that stand for one object (zipped folders excluded). */
  objects(): FileAsset[] {
    return [...this.files.values()].filter((asset) => !asset.zip && !asset.key.endsWith('.template.json'));
  }
}
