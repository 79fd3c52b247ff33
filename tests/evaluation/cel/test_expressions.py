"""Expressions: what each family of functions gives, and how it fails."""

from __future__ import annotations

import pytest

from policy_app.evaluation.cel.errors import CelCompileError, CelError
from tests.evaluation.cel.asking import compiled, value

TRUE = [
    # macros
    "[1, 2, 3].all(x, x > 0)",
    "[1, 2, 3].exists(x, x == 2)",
    "[1, 2, 3].exists_one(x, x > 2)",
    "[1, 2, 3].map(x, x * 2) == [2, 4, 6]",
    "[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]",
    "[1, 2, 3].filter(x, x > 1) == [2, 3]",
    "[[1, 2], [3]].map(l, l.map(x, x + 1)) == [[2, 3], [4]]",
    "['a', 'b'].filter(x, ['b'].exists(y, y == x)).map(z, z + '!') == ['b!']",
    "pod.labels.all(key, pod.labels[key] != '')",
    "pod.containers.map(c, c.name).map(n, n + '.').exists(n, n == 'side.')",
    # fields, optionals, choices
    "has(pod.labels) && !has(pod.spec) && !has(pod.labels.nope)",
    "'app' in pod.labels && !('x' in pod.labels) && 80 in pod.containers[0].ports",
    "pod.?labels.?nope.orValue('none') == 'none' && pod.?labels.?app.orValue('') == 'shop'",
    "pod[?'nope'].hasValue() == false && pod.labels[?'app'].value() == 'shop'",
    "optional.none().or(optional.of(2)).value() == 2",
    "[1, ?optional.none(), ?optional.of(2)] == [1, 2]",
    "{?'a': optional.of(1), ?'b': optional.none()} == {'a': 1}",
    "pod.?replicas.optMap(n, n + 1).orValue(0) == 4",
    "(pod.replicas == 3 ? 'three' : 'other') == 'three'",
    "!has(pod.nothing.x) && !has(pod.name.x) && pod.nothing.?x.orValue(1) == 1",
    "pod.nothing == null && type(pod.replicas) == int && type('') != int",
    # errors that another operand outdoes
    "(1 / 0 == 1) || true",
    "!(false && (1 / 0 == 1)) && !((1 / 0 == 1) && false)",
    "[0, 1].exists(x, 4 / x == 4) && !([0, 5].all(x, 4 / x == 9))",
    # numbers
    "5 / -2 == -2 && -5 % 3 == -2 && 7u / 2u == 3u && 1.0 / 4.0 == 0.25",
    "1 < 2.5 && 2u > 1 && dyn(1) == dyn(1.0) && dyn('1') != dyn(1)",
    "int('42') == 42 && uint(3) == 3u && double('1.5') == 1.5 && int(2.9) == 2",
    "string(1) + string(true) + string(1.5) + string(b'x') == '1true1.5x'",
    "string(1000000.0) == '1e+06' && string(100000.0) == '100000' && string(0.1) == '0.1'",
    # strings
    "'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.contains('b')",
    "'abc'.matches('^a.c$') && !'abc'.matches('^b')",
    "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c']",
    "'añb'.split('') == ['a', 'ñ', 'b'] && 'a,b'.split(',', 0) == []",
    "['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab'",
    "'AbÄ'.lowerAscii() == 'abÄ' && 'abä'.upperAscii() == 'ABä'",
    "'aXbX'.replace('X', '-') == 'a-b-' && 'aXbX'.replace('X', '-', 1) == 'a-bX'",
    "'hello'.substring(1, 3) == 'el' && 'hello'.substring(3) == 'lo'",
    "'abca'.indexOf('a', 1) == 3 && 'abca'.lastIndexOf('a') == 3 && 'abc'.charAt(1) == 'b'",
    "' a '.trim() == 'a' && size('héllo') == 5",
    "'%s has %d (%.2f, %x)'.format(['pod', 3, 1.0, 255]) == 'pod has 3 (1.00, ff)'",
    "'%s'.format([[1, 'a', {'b': null, 'a': true}]]) == '[1, a, {a: true, b: null}]'",
    "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('[0-9]') == ''",
    "'a1b2c3'.findAll('[0-9]') == ['1', '2', '3'] && 'a1b2'.findAll('[0-9]', 1) == ['1']",
    # lists and sets
    "[1, 2].isSorted() && !['b', 'a'].isSorted() && [1, 2].sum() == 3 && [].sum() == 0",
    "[2, 1].min() == 1 && [2, 1].max() == 2",
    "['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2",
    "sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])",
    # quantities
    "quantity('1Gi').compareTo(quantity('1G')) > 0 && quantity('500m') == quantity('0.5')",
    "quantity('1k').asInteger() == 1000 && !quantity('1m').isInteger()",
    "quantity('1').add(quantity('500m')).sub(1) == quantity('0.5')",
    "quantity('2').isGreaterThan(quantity('1e0')) && quantity('-1').sign() == -1",
    "isQuantity('1Ki') && !isQuantity('1Kib') && !isQuantity('1e999999999')",
    # URLs and addresses
    "url('https://u@host.io:8080/a%20b?x=1&x=2').getHost() == 'host.io:8080'",
    "url('https://[::1]:80/').getHostname() == '::1' && url('/path').getScheme() == ''",
    "url('http://a/b?x=1&x=2').getQuery()['x'] == ['1', '2'] && !isURL('not a url')",
    "ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && !isIP('10.0.0.256')",
    "!isIP('::ffff:1.2.3.4') && ip.isCanonical('::1') && !ip.isCanonical('0::1')",
    "string(ip('::1')) == '::1' && string(cidr('10.0.0.0/8')) == '10.0.0.0/8'",
    "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))",
    "cidr('10.0.0.0/8').containsCIDR('10.2.0.0/16') && cidr('10.1.0.0/8').prefixLength() == 8",
    "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && !isCIDR('10.0.0.0')",
    # time
    "duration('1h30m') > duration('89m') && string(duration('90s')) == '90s'",
    "timestamp('2024-02-29T10:00:00Z').getDate() == 29",
    "timestamp('2024-02-29T10:00:00Z').getHours('+02:00') == 12",
    "timestamp('2024-03-01T00:00:00Z') - timestamp('2024-02-29T00:00:00Z') == duration('24h')",
]
FAILS = [
    ("pod.spec", "no such key: spec"),
    ("pod.nothing.x", "no such key: x"),
    ("pod.replicas.x", "no such key: x"),
    ("has(pod.containers.name)", "unsupported index type 'string' in list"),
    ("pod.name + 1", "no such overload"),
    ("[1][5]", "index out of bounds: 5"),
    ("1 / (pod.replicas - 3)", "division by zero"),
    ("1 % (pod.replicas - 3)", "modulus by zero"),
    ("9223372036854775807 + pod.replicas", "integer overflow"),
    ("0u - 1u", "unsigned integer overflow"),
    ("[0, 1].all(x, 4 / x > 0)", "division by zero"),
    ("[1, 0].map(x, 4 / x)", "division by zero"),
    ("int('99999999999999999999')", "type conversion error from 'string' to 'int'"),
    ("optional.none().value()", "optional.none() dereference"),
    ("'a'.substring(2)", "index out of range: 2"),
    ("[].min()", "min called on empty list"),
    ("[1, 'a'].join(',')", "no such overload"),
    ("'a'.matches('(')", "error parsing regexp: missing ): ("),
    ("quantity('1x')", "quantities must match the regular expression"),
    ("ip('x')", 'IP Address "x" parse error during conversion from string'),
    ("cidr('10.0.0.0/255.0.0.0')", "network address parse error"),
    ("url('::')", "URL parse error during conversion from string"),
    ("timestamp('yesterday')", "type conversion error from 'string' to 'timestamp'"),
    ("'%d'.format(['a'])", "error during formatting"),
    ("{'a': 1, 'a': 2}", "Failed with repeated key: a"),
]
REFUSED = [
    ("1 +", "Syntax error", 1, 4),
    ("true &&\n  nope(1)", "undeclared reference to 'nope'", 2, 7),
    ("1 + 'a'", "found no matching overload for '_+_' applied to '(int, string)'", 1, 3),
    ("quantity('1') > quantity('2')", "found no matching overload for '_>_'", 1, 15),
    ("unknown.name", "undeclared reference to 'unknown.name'", 1, 8),
    ("authorizer.path('/x')", "undeclared reference to 'authorizer'", 1, 1),
    ("request.object", "undefined field 'object'", 1, 8),
    ("has(request.uid)", "undefined field 'uid'", 1, 4),
    ("variables.nope == 1", "undefined field 'nope'", 1, 10),
    ("(" * 400 + "1" + ")" * 400, "recursion limit exceeded", 0, 0),
    ("'" + "a" * 200_000 + "'", "size exceeds limit", 0, 0),
]


@pytest.mark.parametrize("text", TRUE)
def test_an_expression_is_true(text: str) -> None:
    assert value(text) is True


@pytest.mark.parametrize(("text", "message"), FAILS)
def test_an_expression_fails_with_a_reason(text: str, message: str) -> None:
    with pytest.raises(CelError) as caught:
        value(text)

    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "message", "line", "column"), REFUSED, ids=lambda it: str(it)[:30]
)
def test_what_is_no_cel_is_refused_with_its_place(
    text: str, message: str, line: int, column: int
) -> None:
    with pytest.raises(CelCompileError) as caught:
        compiled(text)

    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_refusal_is_not_as_long_as_what_it_refuses() -> None:
    with pytest.raises(CelCompileError) as caught:
        compiled("a b " * 10_000)

    assert len(caught.value.message) < 2_500


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pod.name", "dyn"),
        ("pod.name == 'a'", "bool"),
        ("'a' + pod.name", "string"),
        ("'a'.split(',')", "list(string)"),
    ],
)
def test_the_type_of_an_expression_is_known_before_it_runs(text: str, name: str) -> None:
    assert compiled(text).type_name == name
