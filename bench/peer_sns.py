"""A topic with a queue subscribed for each person on moto's server, in memory: one Publish; runs with the peers' Python."""

import json
import logging
import statistics
import sys
import time
from typing import Any

import boto3
from moto.server import ThreadedMotoServer


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options: dict[str, Any] = {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"}
    keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
    sns, sqs = boto3.client("sns", **options, **keys), boto3.client("sqs", **options, **keys)
    topics: dict[int, str] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        people = asked["people"]
        if people not in topics:
            topics[people] = subscribed(sns, sqs, people)
        took = [published(sns, topics[people], asked["content"]) for _ in range(asked["times"])]
        print(json.dumps({"seconds": statistics.median(took), "bytes": 0}), flush=True)
    server.stop()


def published(sns: Any, topic: str, content: str) -> float:
    """Seconds until the answer; by then the message lies in every queue."""
    begin = time.perf_counter()
    sns.publish(TopicArn=topic, Message=content)
    return time.perf_counter() - begin


def subscribed(sns: Any, sqs: Any, people: int) -> str:
    """A topic's name, with so many queues behind it."""
    topic = sns.create_topic(Name=f"people{people}")["TopicArn"]
    for person in range(people):
        name = f"inbox{people}-{person}"
        sqs.create_queue(QueueName=name)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{name}")
    return str(topic)


if __name__ == "__main__":
    main()
