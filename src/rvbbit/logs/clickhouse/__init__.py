"""The log store on a ClickHouse server, for several servers that share one memory."""
