def handler(event, context):
    return {"told": event["text"]}
