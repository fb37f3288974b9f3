"""The DORA register of information, of Regulation 2024/1502 and its templates.

Words are those of the templates: b_02.02 is the table of services under contract, a rank is the
place in a supply chain, the keeper is who files the register. Read `reader.py` (which table becomes
what), then `package.py` and `workbook.py` (how a register is packed), `columns.py`, `keys.py` (when
two keys are one), `register.py` and `services.py`.
"""
