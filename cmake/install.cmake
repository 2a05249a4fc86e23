# What `cmake --install` puts where, besides the program: man pages, systemd units, sample policies, schemas, completion.
include_guard()

set(POLC_SYSTEMD_UNIT_DIR /lib/systemd/system CACHE PATH "Where systemd units go; empty for nowhere")
set(POLC_SYSUSERS_DIR /usr/lib/sysusers.d CACHE PATH "Where the users of systemd units go")

install(FILES ${CMAKE_SOURCE_DIR}/man/polc.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES ${CMAKE_SOURCE_DIR}/man/polc-policy.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/contrib/schema DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/policies/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
  PATTERN ".*" EXCLUDE)

if(POLC_SYSTEMD_UNIT_DIR)
  # Units in the tree name /usr/sbin/polc and /usr/share/polc; the installed ones name what was installed.
  foreach(name polc.service polc-restore.service polc-lockdown.service polc-board.service polc-flows.service
      polc-dns.service polc-dns-watch.service nftables.conf)
    file(READ ${CMAKE_SOURCE_DIR}/contrib/systemd/${name} unit)
    string(REPLACE "/usr/sbin/polc" "${CMAKE_INSTALL_FULL_SBINDIR}/polc" unit "${unit}")
    string(REPLACE "/usr/share/polc" "${CMAKE_INSTALL_FULL_DATADIR}/polc" unit "${unit}")
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/systemd/${name} CONTENT "${unit}")
  endforeach()
  foreach(name polc.service polc-restore.service polc-lockdown.service polc-board.service polc-flows.service
      polc-dns.service polc-dns-watch.service)
    install(FILES ${CMAKE_BINARY_DIR}/systemd/${name} DESTINATION ${POLC_SYSTEMD_UNIT_DIR})
  endforeach()
  install(FILES ${CMAKE_SOURCE_DIR}/contrib/systemd/polc.timer ${CMAKE_SOURCE_DIR}/contrib/systemd/polc-board.timer
    ${CMAKE_SOURCE_DIR}/contrib/systemd/polc-flows.timer ${CMAKE_SOURCE_DIR}/contrib/systemd/polc-dns.timer
    DESTINATION ${POLC_SYSTEMD_UNIT_DIR})
  install(FILES ${CMAKE_SOURCE_DIR}/contrib/systemd/polc-dns.sysusers DESTINATION ${POLC_SYSUSERS_DIR} RENAME polc-dns.conf)
  install(FILES ${CMAKE_BINARY_DIR}/systemd/nftables.conf DESTINATION ${CMAKE_INSTALL_DOCDIR}
    RENAME nftables.service.d-polc.conf)
  install(FILES ${CMAKE_SOURCE_DIR}/contrib/systemd/lockdown.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/polc/lockdown)
  install(FILES ${CMAKE_SOURCE_DIR}/contrib/systemd/default DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME polc.default)
endif()

if(EXISTS ${CMAKE_SOURCE_DIR}/contrib/completion/polc.bash)
  install(FILES ${CMAKE_SOURCE_DIR}/contrib/completion/polc.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME polc)
endif()
