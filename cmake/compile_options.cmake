# Warnings, hardening and sanitizers for every target of polc.
include_guard()

set(POLC_WARNINGS -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
  -Wswitch-enum -Wundef -Wpointer-arith -Wwrite-strings)
set(POLC_HARDENING -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE)
include(CheckCCompilerFlag)
check_c_compiler_flag(-ftrivial-auto-var-init=zero POLC_HAS_AUTO_VAR_INIT)
if(POLC_HAS_AUTO_VAR_INIT) # gcc 12 and later; clang only from 16 on without a warning flag
  list(APPEND POLC_HARDENING -ftrivial-auto-var-init=zero)
endif()

function(polc_compile_options target)
  target_compile_options(${target} PRIVATE ${POLC_WARNINGS} ${POLC_HARDENING})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/include)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  if(POLC_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(POLC_FUZZ) # coverage for libFuzzer, and a bug ends in abort()
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    target_compile_definitions(${target} PRIVATE POLC_FUZZING)
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
