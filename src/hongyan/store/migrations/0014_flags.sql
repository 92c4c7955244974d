-- What a send says beside audience and body. It stood with the audience, whose names may be long, and every reader's page wants it.
alter table task add column flags text;      -- JSON; null: sent before this column was there, look into the selectors
