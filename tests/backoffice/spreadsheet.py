"""Opens a download with openpyxl, as somebody's spreadsheet program would, and prints what is in it."""

import json
import sys

import openpyxl

book = openpyxl.load_workbook(sys.argv[1])
sheet = book.worksheets[0]
rows = [[(cell.data_type, cell.value if cell.data_type in "sn" else str(cell.value)) for cell in row] for row in sheet.iter_rows()]
print(json.dumps({"sheets": len(book.worksheets), "frozen": sheet.freeze_panes, "bold": sheet["A1"].font.b, "rows": rows}, default=str))
