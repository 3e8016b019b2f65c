"""What people upload or type becomes the product's own files: voice, speech, picture, words.

Plain Python without Django: views, jobs and tests call it alike. Nothing an author uploads is
ever published: every file that leaves here was made here, by a converter locked in a cage.
"""
