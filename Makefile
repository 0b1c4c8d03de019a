# Everything also works without make: see README.md.
PYTHON ?= python3

.PHONY: run test fmt messages

# The portal on http://127.0.0.1:8000/; HOST, PORT and HANTING_VAR choose another place.
run:
	@$(PYTHON) manage.py portal

# Everything this machine can run; says what it left out.
test:
	@$(PYTHON) manage.py alltests $(TESTFLAGS)

# Needs ruff and djade, which are tools of the writer and not of the portal.
fmt:
	ruff check --fix .
	ruff format .

# Collect the words to translate and compile them; needs gettext.
messages:
	@$(PYTHON) manage.py makemessages --all --no-location --no-wrap --ignore .venv --ignore var
	@$(PYTHON) manage.py compilemessages --ignore .venv --ignore var
