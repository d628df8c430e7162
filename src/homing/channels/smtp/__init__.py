"""SMTP: a relay, a provider's submission port or an own Postfix (RFC 5321, RFC 2920)."""
