"""Options that several verbs have, with what they mean."""
