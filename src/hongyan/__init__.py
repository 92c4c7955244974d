"""Hongyan: a server that speaks DingTalk's messaging API."""

__version__ = "0.1.0"
