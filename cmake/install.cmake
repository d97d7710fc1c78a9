# cmake --install: the servers, their man pages, example configuration, systemd units and documents.
#
# Under the prefix, but for the configuration of a package (prefix /usr), which is /etc/mymail. The
# mail is in /var/lib/mymail in any case, since that is where systemd's StateDirectory= is.
include(GNUInstallDirs)

install(TARGETS mysmtpd mypopd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})

# The rest depends on the prefix, which is known for sure only when the installation runs.
install(CODE "
  set(PROJECT_SOURCE_DIR \"${PROJECT_SOURCE_DIR}\")
  set(WORK_DIR \"${PROJECT_BINARY_DIR}/configured/install\")
  set(SBINDIR \"${CMAKE_INSTALL_SBINDIR}\")
  set(MANDIR \"${CMAKE_INSTALL_MANDIR}\")
  set(DOCDIR \"${CMAKE_INSTALL_DATAROOTDIR}/doc/${PROJECT_NAME}\")
  include(\"${PROJECT_SOURCE_DIR}/cmake/package/install_files.cmake\")")
