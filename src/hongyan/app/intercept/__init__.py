"""Lets programs with DingTalk's addresses in their source reach this server, without touching them or the machine."""
