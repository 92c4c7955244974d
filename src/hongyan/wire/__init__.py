"""DingTalk's dialect: every spelling, encoding and envelope that its clients know. Nothing else knows them."""
