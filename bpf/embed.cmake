# SPDX-License-Identifier: MIT
# cmake -DINPUT=x.o -DOUTPUT=x.c -DNAME=jj_x -P embed.cmake: a file as a C array.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT}
     "#include \"bpf/objects.h\"\n"
     "_Alignas(8) static const unsigned char bytes[] = {\n${bytes}};\n"
     "const struct jj_bpf_object ${NAME} = { bytes, sizeof bytes };\n")
