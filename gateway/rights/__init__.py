"""What contacts may do: what the permissions are called, what a change of them alters, who could do what when."""
