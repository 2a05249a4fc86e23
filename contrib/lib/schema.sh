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

# schema_refused NAME: prints each document of stdin, one behind the other, that the schema does not accept, with the reason.
schema_refused() {
  python3 -W ignore -c '
import json, sys, jsonschema
directory, name = sys.argv[1:]
schema = json.load(open(f"{directory}/{name}.json"))
jsonschema.Draft7Validator.check_schema(schema)
resolver = jsonschema.RefResolver(f"file://{directory}/{name}.json", schema)
validator = jsonschema.Draft7Validator(schema, resolver=resolver)
text = sys.stdin.read().strip()
if not text:
    print("there is no JSON")
while text:
    try:
        document, end = json.JSONDecoder().raw_decode(text)
    except ValueError as error:
        print(error, text[:60])
        break
    for error in validator.iter_errors(document):
        error = jsonschema.exceptions.best_match([error])
        print(error.json_path, error.message[:100], text[:60])
    text = text[end:].lstrip()' "$SCHEMA_DIR" "$1"
}
