"""What people type when calling others together, one module a subject."""
