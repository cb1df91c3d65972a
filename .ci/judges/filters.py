#!/usr/bin/env python3
"""Asks two independent OData parsers to read every filter that is emitted.

odata-query (PyPI) reads the grammar; odatapy (PyPI) is bound to metadata, so that it knows the fields
and their types too. Neither knows the functions of the service (`search.*`), which are out of their
reach and stand for `isRead` here.

Prints `skipped` for a package that cannot be had.
"""
import importlib
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from elasticsearch import combined, emit

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = pathlib.Path(os.environ.get("POSTERN_JUDGES", tempfile.gettempdir())) / "postern-odata"
CALL = re.compile(r"search\.(in|ismatch|ismatchscoring)\((?:[^'()]|'(?:[^']|'')*')*\)")
METADATA = """<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="mail" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<ComplexType Name="Recipient"><Property Name="name" Type="Edm.String"/><Property Name="address" Type="Edm.String"/></ComplexType>
<ComplexType Name="Attachment"><Property Name="name" Type="Edm.String"/><Property Name="contentType" Type="Edm.String"/><Property Name="size" Type="Edm.Int64"/></ComplexType>
<EntityType Name="Message"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.String" Nullable="false"/>
%s
<Property Name="hasAttachments" Type="Edm.Boolean"/><Property Name="isRead" Type="Edm.Boolean"/><Property Name="size" Type="Edm.Int64"/>
<Property Name="receivedDateTime" Type="Edm.DateTimeOffset"/><Property Name="sentDateTime" Type="Edm.DateTimeOffset"/>
<Property Name="toRecipients" Type="Collection(mail.Recipient)"/><Property Name="ccRecipients" Type="Collection(mail.Recipient)"/><Property Name="bccRecipients" Type="Collection(mail.Recipient)"/>
<Property Name="attachments" Type="Collection(mail.Attachment)"/><Property Name="categories" Type="Collection(Edm.String)"/>
</EntityType><EntityContainer Name="Container"><EntitySet Name="messages" EntityType="mail.Message"/></EntityContainer></Schema>
</edmx:DataServices></edmx:Edmx>""" % "".join(
    f'<Property Name="{name}" Type="Edm.String"/>'
    for name in "internetMessageId conversationId subject fromAddress fromName importance mailbox folder itemId fragmentId".split()
)


def package(name, module):
    """The module, installed into a folder of its own if need be."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(module)
    except ImportError:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(FOLDER), name]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            print(f"skipped: {name} cannot be installed here")
            return None
        importlib.invalidate_caches()
        return importlib.import_module(module)


def grammar():
    """Reads a filter with odata-query."""
    if not package("odata-query==0.10.0", "odata_query"):
        return None
    from odata_query.grammar import ODataLexer, ODataParser

    return lambda text: ODataParser().parse(ODataLexer().tokenize(text))


def metadata():
    """Reads a filter with odatapy, bound to the fields of the index."""
    if not package("odatapy==5.3.0", "odatapy"):
        return None
    from odatapy.edm.model import Edm
    from odatapy.edm.names import FullQualifiedName
    from odatapy.edm.xml_io import XmlEdmProvider
    from odatapy.server.uri.expression_parser import ExpressionParser

    edm = Edm.from_provider(XmlEdmProvider(METADATA))
    message = edm.get_entity_type(FullQualifiedName("mail", "Message"))
    return lambda text: ExpressionParser.parse_string(text, edm, message)


def judge(name, read, filters):
    if read is None:
        return 0
    failed = 0
    for query, text in filters:
        try:
            read(text)
        except Exception as error:  # whatever the parser throws is its answer
            failed += 1
            print(f"{name} refuses: {text}\n  of {query}\n  {type(error).__name__}: {str(error)[:200]}")
    print(f"{name} reads {len(filters) - failed} of {len(filters)} filters")
    return failed


def main():
    fixed = [line for line in (HERE / "queries.txt").read_text().splitlines() if line and not line.startswith("#")]
    corpus = HERE.parents[1] / "crates/query/tests/corpus/odata/ok/filters.txt"
    lines = corpus.read_text().splitlines()
    fixed += [f"odata:{line}" for line in lines if line and not line.startswith(("#", "  "))]
    queries = fixed + list(combined(fixed))
    answers = [json.loads(line) for line in emit("--to", "odata", lines=queries)]
    said = [(query, answer["filter"]) for query, answer in zip(queries, answers, strict=True) if "filter" in answer]
    in_reach = [(query, CALL.sub("isRead", text)) for query, text in said]
    failed = judge("odata-query", grammar(), in_reach) + judge("odatapy", metadata(), in_reach)
    assert len(said) >= 500, f"too few filters: {len(said)}"
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
