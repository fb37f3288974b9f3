"""Spans and counted calls: who was seen to call whom, from OpenTelemetry, Jaeger and Zipkin.

Words: a span is one step of a trace, of one service; a call is a caller that needs a callee, with
how often it was seen. Read `spans.py`, which all readers of spans share, then `otlp.py`.
"""
