# cpack: the Debian package. docs/operating.md says how to build, install and run it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mymail)
set(CPACK_PACKAGE_VENDOR "The mymail authors")
set(CPACK_PACKAGE_CONTACT "The mymail authors <mymail@localhost>")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_SET_DESTDIR ON)          # /etc is not under the prefix
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "mail that stays inside: an SMTP and a POP3 server over one store")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"mysmtpd takes mail by SMTP for the users named in one file, and for nobody
else; mypopd serves it to them by POP3. They never relay or forward, and never
open a connection to the outside. A message that was acknowledged is on stable
storage. For test machines and small closed networks.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# What makes the user of sysusers.d when the package is installed; and kill, for reloading.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers, procps")
set(package_files ${CMAKE_CURRENT_LIST_DIR}/package)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${package_files}/conffiles ${package_files}/postinst ${package_files}/prerm ${package_files}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

include(CPack)
