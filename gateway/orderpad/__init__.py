"""The Order Pad: typed or pasted lines, and what they cost this company."""
