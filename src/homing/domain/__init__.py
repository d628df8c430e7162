"""What the DNS says about a domain that mail is sent from, and what receivers will make of it."""
