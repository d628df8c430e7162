"""SendGrid: one message a request through Mail Send v3 (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send)."""
