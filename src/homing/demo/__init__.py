"""The show: a real campaign on throw-away data, its worker killed with kill -9, and the books beside the inbox."""
