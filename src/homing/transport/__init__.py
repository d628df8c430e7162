"""What channels that speak HTTP share: one request that is sent at most once, and what is known when it breaks."""
