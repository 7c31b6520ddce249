"""Options, words and messages that all verbs share."""
