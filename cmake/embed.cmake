# polc_embed(MODULE SYMBOL FILE...): the texts of files, one behind the other, as a string constant SYMBOL of a module, or of the
# program (cli).
# Run as a script (cmake -DOUTPUT=... -DSYMBOL=... -DFILES=... -P) it writes the C source.
if(CMAKE_SCRIPT_MODE_FILE)
  set(bytes "")
  foreach(file IN LISTS FILES)
    file(READ "${file}" part HEX)
    string(APPEND bytes "${part}")
  endforeach()
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
  file(WRITE "${OUTPUT}" "extern const char ${SYMBOL}[];\nconst char ${SYMBOL}[] = {\n${bytes}0};\n")
  return()
endif()

include_guard()
set(POLC_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(polc_embed module symbol)
  set(output ${CMAKE_BINARY_DIR}/embedded/${symbol}.c)
  set(files)
  foreach(file IN LISTS ARGN)
    list(APPEND files ${CMAKE_SOURCE_DIR}/src/${module}/${file})
  endforeach()
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DSYMBOL=${symbol} "-DFILES=${files}" -P ${POLC_EMBED_SCRIPT}
    DEPENDS ${files} ${POLC_EMBED_SCRIPT} VERBATIM)
  if(TARGET polc_${module})
    target_sources(polc_${module} PRIVATE ${output})
  else()
    target_sources(polc PRIVATE ${output})
  endif()
endfunction()
