"""identity: companies, branches, contacts, staff, permissions, invitations, passwords."""
