"""What a student does: modules and milestones begun, checked, completed, verified and handed in."""
