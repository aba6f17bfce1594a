"""What a gradebook holds, for people and for other programs: tables, pages, and the files that an LMS reads."""
