"""Which module has which builtin, so that a policy loads only the modules that it calls.

The modules of rare builtins bring libraries that take longer to import than most policies take to
compile.  A test keeps this table true.
"""

from __future__ import annotations

from collections.abc import Mapping

INDEX: Mapping[str, str] = {
    name: module
    for module, names in {
        "comparison": "eq equal gt gte internal.member_2 internal.member_3 lt lte neq",
        "numbers": (
            "abs ceil div floor format_int minus mul numbers.range numbers.range_step plus "
            "rem round"
        ),
        "bits": "bits.and bits.lsh bits.negate bits.or bits.rsh bits.xor",
        "aggregates": "all any count max min product sort sum",
        "arrays": "array.concat array.flatten array.reverse array.slice",
        "sets": "and intersection or set_diff union",
        "objects": (
            "json.filter json.remove object.filter object.get object.keys object.remove "
            "object.subset object.union object.union_n"
        ),
        "patch": "json.patch",
        "strings": (
            "concat contains endswith indexof indexof_n lower replace split sprintf "
            "startswith strings.any_prefix_match strings.any_suffix_match strings.count "
            "strings.replace_n strings.reverse strings.split_n substring trim trim_left "
            "trim_prefix trim_right trim_space trim_suffix upper"
        ),
        "templates": "strings.render_template",
        "regex": (
            "re_match regex.find_all_string_submatch_n regex.find_n regex.globs_match "
            "regex.is_valid regex.match regex.replace regex.split regex.template_match"
        ),
        "glob": "glob.match glob.quote_meta",
        "units": "units.parse units.parse_bytes",
        "types": (
            "cast_array cast_boolean cast_null cast_object cast_set cast_string is_array "
            "is_boolean is_null is_number is_object is_set is_string to_number type_name"
        ),
        "encoding": (
            "base64.decode base64.encode base64.is_valid base64url.decode base64url.encode "
            "base64url.encode_no_pad hex.decode hex.encode urlquery.decode "
            "urlquery.decode_object urlquery.encode urlquery.encode_object"
        ),
        "documents": (
            "json.is_valid json.marshal json.marshal_with_options json.unmarshal "
            "yaml.is_valid yaml.marshal yaml.unmarshal"
        ),
        "schemas": "json.match_schema json.verify_schema",
        "timing": (
            "time.add_date time.clock time.date time.diff time.format time.parse_duration_ns "
            "time.parse_ns time.parse_rfc3339_ns time.weekday"
        ),
        "semver": "semver.compare semver.is_valid",
        "uuid": "uuid.parse uuid.rfc4122",
        "graph": "graph.reachable graph.reachable_paths walk",
        "net": (
            "net.cidr_contains net.cidr_contains_matches net.cidr_expand net.cidr_intersects "
            "net.cidr_is_valid net.cidr_merge net.cidr_overlap"
        ),
        "crypto": (
            "crypto.hmac.equal crypto.hmac.md5 crypto.hmac.sha1 crypto.hmac.sha256 "
            "crypto.hmac.sha512 crypto.md5 crypto.sha1 crypto.sha256"
        ),
        "certificates": (
            "crypto.parse_private_keys crypto.x509.parse_and_verify_certificates "
            "crypto.x509.parse_and_verify_certificates_with_options "
            "crypto.x509.parse_certificate_request crypto.x509.parse_certificates "
            "crypto.x509.parse_keypair crypto.x509.parse_rsa_private_key"
        ),
        "tokens": (
            "io.jwt.decode io.jwt.decode_verify io.jwt.encode_sign io.jwt.encode_sign_raw "
            "io.jwt.verify_eddsa io.jwt.verify_es256 io.jwt.verify_es384 io.jwt.verify_es512 "
            "io.jwt.verify_hs256 io.jwt.verify_hs384 io.jwt.verify_hs512 io.jwt.verify_ps256 "
            "io.jwt.verify_ps384 io.jwt.verify_ps512 io.jwt.verify_rs256 io.jwt.verify_rs384 "
            "io.jwt.verify_rs512"
        ),
        "uris": "uri.is_valid uri.parse",
        "aws": "providers.aws.sign_req",
        "graphql": (
            "graphql.is_valid graphql.parse graphql.parse_and_verify graphql.parse_query "
            "graphql.parse_schema graphql.schema_is_valid"
        ),
        "environment": (
            "external_data internal.print internal.template_string opa.runtime print "
            "rego.metadata.chain rego.metadata.rule time.now_ns trace"
        ),
    }.items()
    for name in names.split()
}
