# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# JSON documents against the schemas of contrib/schema, for test/lint/schema and the end-to-end tests.

SCHEMA_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../schema" && pwd)

# schema_missing: why nothing can be compared here; nothing when it can.
schema_missing() {
  if ! python3 -c 'import jsonschema' 2>/dev/null || ! command -v jq >/dev/null; then
    echo 'no jsonschema for Python, or no jq'
  fi
}

# schema_python NAME PROGRAM: runs it with the schema's `errors`, a function of a document.
schema_python() {
  python3 -W ignore -c "
import json, sys, jsonschema
directory, name = sys.argv[1:]
schema = json.load(open(f'{directory}/{name}.json'))
jsonschema.Draft7Validator.check_schema(schema)
errors = jsonschema.Draft7Validator(
    schema, resolver=jsonschema.RefResolver(f'file://{directory}/{name}.json', schema)).iter_errors
$2" "$SCHEMA_DIR" "$1"
}

# schema_refused NAME: prints each document of stdin, one behind the other, that the schema does not accept, with the reason.
schema_refused() {
  schema_python "$1" '
text = sys.stdin.read().strip()
if not text:
    print("there is no JSON")
while text:
    try:
        document, end = json.JSONDecoder().raw_decode(text)
    except ValueError as error:
        print(error, text[:60])
        break
    for error in errors(document):
        print(error.json_path, error.message[:100], text[:60])
    text = text[end:].lstrip()'
}

# schema_accepted NAME: of the documents of stdin, one a line, the numbers of those that the schema accepts, and of lines
# that are none.
schema_accepted() {
  schema_python "$1" '
for number, line in enumerate(sys.stdin, 1):
    if not line.strip() or not any(errors(json.loads(line))):
        print(number)'
}
