"""WhatsApp over Meta's Cloud API: approved templates at any time, free text within 24 hours of the contact's last message."""
