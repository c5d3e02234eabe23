# SPDX-License-Identifier: Apache-2.0
# C without its comments and without what stands inside quotes, line by line, as
# FILE:LINE:CODE. A "//" comment is left as "//" (there are to be none); quoted
# names of included files are left whole.

FNR == 1 { inside = 0 }

/^[ \t]*#[ \t]*include/ && !inside {
	sub(/[ \t]*\/\*.*/, "")
	print FILENAME ":" FNR ":" $0
	next
}

{
	line = $0
	code = ""
	while (line != "") {
		if (inside) {
			end = index(line, "*/")
			if (!end)
				break
			line = substr(line, end + 2)
			inside = 0
		} else if (match(line, /\/\*|\/\/|["']/)) {
			code = code substr(line, 1, RSTART - 1)
			mark = substr(line, RSTART, RLENGTH)
			line = substr(line, RSTART + RLENGTH)
			if (mark == "/*") {
				inside = 1
				code = code " "
			} else if (mark == "//") {
				code = code "//"
				break
			} else {
				if (mark == "\"")
					match(line, /^([^"\\]|\\.)*"/)
				else
					match(line, /^([^'\\]|\\.)*'/)
				code = code mark mark
				line = RLENGTH > 0 ? substr(line, RLENGTH + 1) : ""
			}
		} else {
			code = code line
			line = ""
		}
	}
	print FILENAME ":" FNR ":" code
}
