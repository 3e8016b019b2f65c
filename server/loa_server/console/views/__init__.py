"""Step 1 of 10. Write, submit, approve: forms only. Rules live in `bulletins`, words in `words`.

Views parse, ask and render. Each reads the person's desk once and refuses by it.
"""
