"""What DingTalk's clients asked and were answered, kept for a while: masked before it is written, and never in a call's way."""
