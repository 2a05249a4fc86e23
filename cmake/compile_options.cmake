# Warnings, hardening and sanitizers for every target of polc.
include_guard()

set(POLC_WARNINGS -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
  -Wswitch-enum -Wundef -Wpointer-arith -Wwrite-strings)
set(POLC_HARDENING -fstack-protector-strong -fstack-clash-protection -fcf-protection
  -ftrivial-auto-var-init=zero -fPIE)

function(polc_compile_options target)
  target_compile_options(${target} PRIVATE ${POLC_WARNINGS} ${POLC_HARDENING})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/include)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  if(POLC_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(POLC_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${POLC_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${POLC_SANITIZE})
  else()
    target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE$<SEMICOLON>-D_FORTIFY_SOURCE=3>)
  endif()
  target_link_options(${target} PRIVATE -pie -Wl,-z,relro,-z,now)
endfunction()
