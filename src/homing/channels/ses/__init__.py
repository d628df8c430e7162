"""Amazon SES v2: one message a request, raw MIME, signed by botocore (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html)."""
