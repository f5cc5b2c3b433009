// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/data/error_of.h"

namespace hone {
namespace {

constexpr const char* kVariables = R"({
  "n": 7, "x": 2.5, "t": "Hello, World", "u": "Grüße ß 世", "none": null, "yes": true,
  "list": [3, 1, 2], "words": ["b", "A", "c"], "empty": [], "d": {"b": 1, "a": [1, {"k": null}]},
  "people": [{"name": "Ada", "age": 36, "tags": {"x": 1}}, {"name": "Bob", "age": 17}]
})";

std::string render(std::string_view text, std::string_view variables = kVariables) {
  const JsonValue all = parse_json(variables, {"variables", ErrorCode::kUsage});
  std::vector<jinja::Variable> given;
  for (const auto& [name, value] : all.members())
    given.push_back({name, jinja::from_json(value.raw())});
  return jinja::Template(text, {"t.jinja"}).render(given, 1721952000).text.bytes;
}

std::string error(std::string_view text, ErrorCode code = ErrorCode::kDataset) {
  return error_of(code, [&] { render(text); });
}

// {{ expression }} and what it writes.
struct Case {
  const char* expression;
  const char* expected;
};

void check_cases(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    CAPTURE(c.expression);
    CHECK(render("{{ " + std::string(c.expression) + " }}") == c.expected);
  }
}

TEST_CASE("jinja: arithmetic is Python's") {
  check_cases({{"7 // 2", "3"},
               {"-7 // 2", "-4"},
               {"-7 % 3", "2"},
               {"7 % -3", "-2"},
               {"7 / 2", "3.5"},
               {"4 / 2", "2.0"},
               {"2 ** 10", "1024"},
               {"2 ** -1", "0.5"},
               {"1 + 2 * 3", "7"},
               {"(1 + 2) * 3", "9"},
               {"10 - 2 - 3", "5"},
               {"-n + 1", "-6"},
               {"1e3", "1000.0"},
               {"0.1 + 0.2", "0.30000000000000004"},
               {"1e16", "1e+16"},
               {"1.5e-7", "1.5e-07"},
               {"true + 1", "2"},
               {"'a' * 3", "aaa"},
               {"[1] * 2", "[1, 1]"},
               {"[1] + [2]", "[1, 2]"},
               {"'a' ~ 1 ~ none", "a1None"},
               {"1_000", "1000"}});
  check_cases({{"-2 ** 2", "4"}, {"2 ** 3 ** 2", "64"}, {"7.5 // 2", "3.0"}, {"-7.5 % 2", "0.5"}});
}

TEST_CASE("jinja: integers of other bases") {
  check_cases({{"0x1F", "31"}, {"0b1_01 + 0o17", "20"}, {"0XfF", "255"}, {"0", "0"}});
}

TEST_CASE("jinja: comparisons, logic and membership") {
  check_cases({{"1 < 2 < 3", "True"},
               {"1 < 2 > 3", "False"},
               {"'a' < 'b'", "True"},
               {"1 == 1.0", "True"},
               {"1 == '1'", "False"},
               {"[1, 2] == [1, 2]", "True"},
               {"(1, 2) == [1, 2]", "False"},
               {"2 in list", "True"},
               {"'b' in d", "True"},
               {"'ell' in t", "True"},
               {"5 not in list", "True"},
               {"not yes", "False"},
               {"'' or 'x'", "x"},
               {"0 and 1", "0"},
               {"nothing == other", "True"},
               {"'a' if n > 5 else 'b'", "a"},
               {"'a' if n > 9", ""},
               {"x if yes and not none else 0", "2.5"}});
}

TEST_CASE("jinja: str() and repr() are Python's") {
  check_cases({{"d", "{'b': 1, 'a': [1, {'k': None}]}"},
               {"[\"it's\", 'a\"b', 'c\\n']", "[\"it's\", 'a\"b', 'c\\n']"},
               {"(1,)", "(1,)"},
               {"()", "()"},
               {"[1.0, true, '世', '\\u200b']", "[1.0, True, '世', '\\u200b']"},
               {"d.keys()", "dict_keys(['b', 'a'])"}});
}

TEST_CASE("jinja: indices and slices") {
  check_cases({{"list[-1]", "2"},
               {"list[::-1]", "[2, 1, 3]"},
               {"list[1:]", "[1, 2]"},
               {"list[-2:]", "[1, 2]"},
               {"list[5:]", "[]"},
               {"u[0:3]", "Grü"},
               {"u[-1]", "世"},
               {"u[::-2]", "世ßeüG"},
               {"t[7:]", "World"},
               {"list[9]", ""},
               {"d['a'][1]['k']", "None"},
               {"people[1].name", "Bob"},
               {"people.0.name", "Ada"},
               {"t[3:1]", ""},
               {"range(10)[2:8:3]", "[2, 5]"}});
}

TEST_CASE("jinja: string methods") {
  check_cases({{"'  a b '.strip()", "a b"},
               {"'xxaxx'.strip('x')", "a"},
               {"'a,b,,c'.split(',')", "['a', 'b', '', 'c']"},
               {"' a  b '.split()", "['a', 'b']"},
               {"'a b c'.split(' ', 1)", "['a', 'b c']"},
               {"'a b c'.rsplit(' ', 1)", "['a b', 'c']"},
               {"'a\\nb\\r\\nc\\n'.splitlines()", "['a', 'b', 'c']"},
               {"u.upper()", "GRÜSSE SS 世"},
               {"'ΑΣ'.lower()", "ας"},
               {"'hello wORLD'.title()", "Hello World"},
               {"'abc'.startswith(('x', 'ab'))", "True"},
               {"'abc'.endswith('bc')", "True"},
               {"'a-b'.replace('-', '+')", "a+b"},
               {"'aaa'.replace('a', 'b', 2)", "bba"},
               {"'-'.join(words)", "b-A-c"},
               {"'{0} {x} {0!r:>4}'.format('a', x=1)", "a 1  'a'"},
               {"u.find('ß')", "3"},
               {"'ab'.center(5, '*')", "**ab*"},
               {"'7'.zfill(3)", "007"},
               {"'a.b'.partition('.')", "('a', '.', 'b')"},
               {"'ab12'.isalnum()", "True"},
               {"'xa'.removeprefix('x')", "a"}});
}

TEST_CASE("jinja: string formatting") {
  check_cases({{"'%s is %d, %.2f%%' % ('a', 3, 2.5)", "a is 3, 2.50%"},
               {"'%05d|%-4s|' % (42, 'x')", "00042|x   |"},
               {"'%(a)s' % {'a': 1}", "1"},
               {"'%x %X %o' % (255, 255, 8)", "ff FF 10"},
               {"'{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c')", "    a|b    |  c  "},
               {"'{:.1f} {:,}'.format(2.25, 1234567)", "2.2 1,234,567"},
               {"'{{}}'.format()", "{}"},
               {"'%s' | format(3)", "3"}});
}

TEST_CASE("jinja: filters") {
  check_cases({{"t | lower | capitalize", "Hello, world"},
               {"'foo bar-baz' | title", "Foo Bar-Baz"},
               {"list | sort", "[1, 2, 3]"},
               {"words | sort", "['A', 'b', 'c']"},
               {"words | sort(case_sensitive=true, reverse=true)", "['c', 'b', 'A']"},
               {"people | sort(attribute='age') | map(attribute='name') | join(', ')", "Bob, Ada"},
               {"people | selectattr('age', '>', 20) | map(attribute='name') | list", "['Ada']"},
               {"people | rejectattr('tags') | list | length", "1"},
               {"list | select('odd') | list", "[3, 1]"},
               {"list | reject('in', [1]) | list", "[3, 2]"},
               {"list | map('string') | join", "312"},
               {"list | sum", "6"},
               {"list | first ~ list | last", "32"},
               {"empty | first", ""},
               {"list | max ~ list | min", "31"},
               {"list | reverse | list", "[2, 1, 3]"},
               {"'abc' | reverse", "cba"},
               {"[1, 1, 2] | unique | list", "[1, 2]"},
               {"d | dictsort", "[('a', [1, {'k': None}]), ('b', 1)]"},
               {"d | items | list | length", "2"},
               {"nothing | default('x')", "x"},
               {"'' | default('x', true)", "x"},
               {"'3.7' | int", "3"},
               {"'z' | int(9)", "9"},
               {"'2.50' | float", "2.5"},
               {"2.675 | round(2)", "2.67"},
               {"2.5 | round", "2.0"},
               {"42 | round", "42"},
               {"45 | round(-1)", "40"},
               {"55 | round(-1)", "60"},
               {"-45 | round(-1)", "-40"},
               {"-46 | round(-1)", "-50"},
               {"42 | round(0, 'ceil')", "42.0"},
               {"2.1 | round(0, 'ceil')", "3.0"},
               {"'a\\nb' | indent(2)", "a\n  b"},
               {"'<a>' | e", "&lt;a&gt;"},
               {"none | string", "None"},
               {"'abcdef' | truncate(5, true, '..', 0)", "abc.."},
               {"-3 | abs", "3"},
               {"[1, 2, 3] | batch(2) | list", "[[1, 2], [3]]"},
               {"'a b c' | wordcount", "3"},
               {"people | groupby('age') | length", "2"}});
}

TEST_CASE("jinja: tojson is json.dumps without HTML escapes") {
  check_cases({{"d | tojson", R"({"b": 1, "a": [1, {"k": null}]})"},
               {"d | tojson(sort_keys=true)", R"({"a": [1, {"k": null}], "b": 1})"},
               {"'<ü\"\\n\\x01>' | tojson", R"("<ü\"\n\u0001>")"},
               {"'ü世' | tojson(ensure_ascii=true)", "\"\\u00fc\\u4e16\""},
               {"[1, {}] | tojson(indent=2)", "[\n  1,\n  {}\n]"},
               {"d | tojson(separators=(',', ':'))", R"({"b":1,"a":[1,{"k":null}]})"},
               {"[1.0, 1e-7, true] | tojson", "[1.0, 1e-07, true]"}});
}

TEST_CASE("jinja: tests") {
  check_cases({{"n is defined and q is undefined", "True"},
               {"none is none", "True"},
               {"t is string", "True"},
               {"d is mapping", "True"},
               {"list is sequence and d is sequence", "True"},
               {"t is iterable", "True"},
               {"yes is number and yes is not integer", "True"},
               {"n is odd", "True"},
               {"n is divisibleby 7", "True"},
               {"n is eq 7", "True"},
               {"n is in [7]", "True"},
               {"yes is true", "True"},
               {"1 is true", "False"},
               {"'a' is lower", "True"},
               {"n is not none", "True"}});
}

TEST_CASE("jinja: loops") {
  CHECK(render("{% for i in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ i }}"
               "{{ '.' if loop.last else ',' }}{% endfor %}") == "1033,2121,3212.");
  CHECK(
      render(
          "{% for k, v in d.items() if k != 'a' %}{{ k }}={{ v }}{{ loop.length }}{% endfor %}") ==
      "b=11");
  CHECK(render("{% for i in empty %}x{% else %}none{% endfor %}") == "none");
  CHECK(render("{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}"
               "{% if i > 4 %}{% break %}{% endif %}{{ i }}{% endfor %}") == "0134");
  CHECK(render("{% for i in list %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}") ==
        "<3>1 3<1>2 1<2> ");
  CHECK(render("{% for i in range(4) %}{{ loop.cycle('a', 'b') }}{{ loop.changed(i // 2) }} {% "
               "endfor %}") == "aTrue bFalse aTrue bFalse ");
  CHECK(render("{% for p in [[1, [2, [3]]]] recursive %}({% for q in p %}{{ q if q is number else "
               "loop.depth }}"
               "{% endfor %}){% endfor %}") == "(11)");
  CHECK(render("{% for x in [1, [2, [3]]] recursive %}{{ loop(x) if x is not number else x }}"
               "{{ loop.depth }} {% endfor %}") == "11 22 33 2 1 ");
}

TEST_CASE("jinja: what a loop or block sets stays inside; a namespace does not") {
  CHECK(
      render("{% set a = 1 %}{% for i in list %}{% set a = a + i %}{{ a }} {% endfor %}{{ a }}") ==
      "4 2 3 1");
  CHECK(
      render("{% set ns = namespace(a=1) %}{% for i in list %}{% set ns.a = ns.a + i %}{% endfor %}"
             "{{ ns.a }}") == "7");
  CHECK(render("{% if yes %}{% set a = 5 %}{% endif %}{{ a }}") == "5");
  CHECK(render("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}") == "3");
  CHECK(render("{% set a %} x {{ n }} {% endset %}[{{ a | trim }}]") == "[x 7]");
  CHECK(render("{% set a | upper %}x{% endset %}{{ a }}") == "X");
  CHECK(render("{% set a, b = 1, 2 %}{{ a ~ b }}") == "12");
  CHECK(render("{% filter upper %}x{{ n }}y{% endfilter %}") == "X7Y");
}

TEST_CASE("jinja: macros") {
  CHECK(render("{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}"
               "{{ m(1) }} {{ m(1, c=5) }} {{ m(*[7, 8], **{'c': 9}) }}") == "121 125 789");
  CHECK(render("{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, k=2) }}") ==
        "(1,){'k': 2}");
  CHECK(render("{% macro m(x) %}<{{ caller(x) }}>{% endmacro %}"
               "{% call(y) m(3) %}[{{ y }}]{% endcall %}") == "<[3]>");
  CHECK(render(
            "{% macro f(k) %}{{ k if k < 2 else (f(k - 1) | int) * k }}{% endmacro %}{{ f(5) }}") ==
        "120");
  check_contains(error("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}"), "not more than 1");
  check_contains(error("{% macro m(a) %}{% endmacro %}{{ m(z=2) }}"), "no argument named 'z'");
}

TEST_CASE("jinja: white space") {
  CHECK(render("a\n{% if yes %}\n  b\n  {% endif %}\nc\n") == "a\n  b\nc");
  CHECK(render("a  {%- if yes -%}  b  {%- endif -%}  c") == "abc");
  CHECK(render("a\n  {{- n -}}  \n b") == "a7b");
  CHECK(render("  {# comment #}\nx") == "x");
  CHECK(render("x {%+ if yes %}y{% endif +%}\nz") == "x y\nz");
  CHECK(render("{% raw %}{{ n }}{% endraw %}|{%- raw -%} {% x {%- endraw %}\n") == "{{ n }}|{% x");
  CHECK(render("a\r\nb\r\n") == "a\nb");
  CHECK(render("x\n\n") == "x\n");
  CHECK(render("{{ {'a': {'b': 1}}['a'] }}") == "{'b': 1}");
}

TEST_CASE("jinja: strftime_now, string literals, implicit concatenation") {
  CHECK(render("{{ strftime_now('%d %b %Y') }}") == "26 Jul 2024");
  CHECK(render(R"({{ "a\tb\x41\u00e9\U0001F600\101\d\\" 'c' }})") ==
        "a\tbAé\xf0\x9f\x98\x80"
        "A\\d\\c");
}

TEST_CASE("jinja: undefined is nothing when printed and an error when used") {
  CHECK(render("[{{ nothing }}{{ d.nothing }}{% for i in nothing %}{% endfor %}]") == "[]");
  check_contains(error("{{ nothing.x }}"), "t.jinja:1:11: 'nothing' is undefined");
  check_contains(error("{{ d.q.x }}"), "has no attribute \"q\"");
  check_contains(error("a\n  {{ 'é' + nothing }}"), "t.jinja:2:");
  check_contains(error("{{ nothing() }}"), "'nothing' is undefined");
  check_contains(error("{{ 1 + 'a' }}"), "unsupported operand types for +: 'int' and 'str'");
}

TEST_CASE("jinja: syntax errors have line and column") {
  const auto syntax = [](std::string_view text) { return error(text, ErrorCode::kModel); };
  check_contains(syntax("ab\n{% if x %}"), "t.jinja:2:4: {% if %} has no {% endif %}");
  check_contains(syntax("{{ 1 + }}"), "t.jinja:1:8: expected an expression");
  check_contains(syntax("{% endif %}"), "unexpected {% endif %}");
  check_contains(syntax("{% foo %}"), "unknown tag \"foo\"");
  check_contains(syntax("{{ 'abc }}"), "this string has no end");
  check_contains(syntax("{{ x "), "this tag has no end");
  check_contains(syntax("{# x"), "this comment has no end");
  check_contains(syntax("{{ (1] }}"), "unexpected ']', expected ')'");
  check_contains(syntax("{% break %}"), "{% break %} is not inside a loop");
  check_contains(syntax("{{ 99999999999999999999 }}"), "too large");
  check_contains(syntax("{{ x ? y }}"), "unexpected character");
  check_contains(syntax("{{ '\xff' }}"), "not valid UTF-8");
  check_contains(syntax(std::string(2 << 20, 'x')), "more than 1048576");
  check_contains(syntax("ab\n{{ x|foo }}"), "t.jinja:2:6: unknown filter \"foo\"");
  check_contains(syntax("{% for y in x if [1|foo] %}{% endfor %}"), "unknown filter \"foo\"");
  check_contains(syntax("{% set y %}{{ f(a=x is foo) }}{% endset %}"), "unknown test \"foo\"");
  // What another program has may stand where rendering does not come.
  CHECK(render("{% if true %}a{% elif 0 is foo %}{{ x|foo }}{% endif %}") == "a");
  CHECK(render("{{ x|foo if false else 'a' }}") == "a");
}

TEST_CASE("jinja: nothing but data can be reached") {
  for (const char* attack :
       {"{{ ''.__class__ }}", "{{ d.__class__.__mro__ }}", "{{ lipsum.__globals__ }}",
        "{{ cycler.__init__ }}", "{{ self.x }}", "{{ d.items.__func__ }}", "{{ n.__add__(1) }}",
        "{{ request.application }}", "{{ ''['__class__'].x }}", "{{ range.__self__ }}"}) {
    CAPTURE(attack);
    const std::string message = error(attack);
    CHECK((message.find("unknown name") != std::string::npos ||
           message.find("is undefined") != std::string::npos ||
           message.find("no attribute") != std::string::npos ||
           message.find("no element") != std::string::npos));
  }
  for (const char* attack : {"{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}",
                             "{% from 'x' import y %}", "{% block b %}{% endblock %}"})
    check_contains(error(attack, ErrorCode::kModel), "unknown tag");
  check_contains(error("{{ list.append(1) }}"), "cannot be changed");
  check_contains(error("{{ d.update({}) }}"), "cannot be changed");
  check_contains(error("{% set d.x = 1 %}"), "is no namespace");
}

TEST_CASE("jinja: a template cannot run on, fill the memory or the stack") {
  for (const char* count : {"10**9", "0, -9223372036854775807 - 1, -1"})
    check_contains(error("{{ range(" + std::string(count) + ") }}"), "range: more than 100000");
  check_contains(
      error("{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}"),
      "more than 10000000 steps");
  check_contains(error("{{ 'a' * 10**9 }}"), "a string of more than 64 MiB");
  check_contains(error("{{ [0] * 10**9 }}"), "steps");
  check_contains(error("{{ '%1000000s' % 1 }}"), "width");
  check_contains(error("{{ 'a'.center(10**12) }}"), "64 MiB");
  check_contains(error("{{ 10 ** 20 }}"), "beyond 64 bits");
  check_contains(error("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
                 "more than 200 calls inside each other");
  check_contains(error("{% set ns = namespace(s='a') %}{% for i in range(40) %}"
                       "{% set ns.s = ns.s + ns.s %}{% endfor %}"),
                 "64 MiB");
  check_contains(error("{% set s = 'a' * 1000000 %}{% set s = s * 40 %}{{ s }}{{ s }}"), "64 MiB");
  check_contains(error("{% set ns = namespace(l=[]) %}{% for i in range(1000) %}"
                       "{% set ns.l = [ns.l] %}{% endfor %}"),
                 "nested deeper than 200");
  check_contains(error("{% set ns = namespace() %}{% set ns.me = [ns] %}"),
                 "cannot be put into a namespace");
  check_contains(error("{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}",
                       ErrorCode::kModel),
                 "nested deeper than 100");
  check_contains(error("{{ x" + std::string(3000, '[') + "0" + std::string(3000, ']') + " }}",
                       ErrorCode::kModel),
                 "nested deeper");
  check_contains(error(
                     "{{ 'x'" +
                         [] {
                           std::string filters;
                           for (int i = 0; i < 3000; ++i) filters += "|trim";
                           return filters;
                         }() +
                         " }}",
                     ErrorCode::kModel),
                 "too many filters in a row");
  std::string ifs;
  for (int i = 0; i < 3000; ++i) ifs += "{% if yes %}";
  check_contains(error(ifs, ErrorCode::kModel), "nested deeper");
}

TEST_CASE("jinja: raise_exception gives its text, made safe to print") {
  CHECK(error("a\n{{ raise_exception('no \x1b[31m such') }}") ==
        "t.jinja:2:19: the template says: no \\x1b[31m such");
}

}  // namespace
}  // namespace hone
