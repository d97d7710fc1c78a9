# Run by cmake --install (see ../install.cmake), with PROJECT_SOURCE_DIR, WORK_DIR to write to, and
# SBINDIR, MANDIR and DOCDIR below CMAKE_INSTALL_PREFIX. file(INSTALL) sees to DESTDIR.
set(here "${CMAKE_CURRENT_LIST_DIR}")
set(prefix "${CMAKE_INSTALL_PREFIX}")
if(prefix STREQUAL "/usr")
  set(CONFIGURATION_DIR "/etc/mymail")
else()
  set(CONFIGURATION_DIR "${prefix}/etc/mymail")
endif()
set(SBIN_DIR "${prefix}/${SBINDIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")

# Files that name others: @SBIN_DIR@, @CONFIGURATION_DIR@.
function(install_configured destination)
  foreach(name IN LISTS ARGN)
    configure_file("${here}/${name}.in" "${WORK_DIR}/${name}" @ONLY)
    file(INSTALL "${WORK_DIR}/${name}" DESTINATION "${destination}")
  endforeach()
endfunction()

# Compressed as Debian has them: without a name and a date in them, the same each time.
function(install_compressed file destination name)
  execute_process(COMMAND gzip -9nc "${file}" OUTPUT_FILE "${WORK_DIR}/${name}" COMMAND_ERROR_IS_FATAL ANY)
  file(INSTALL "${WORK_DIR}/${name}" DESTINATION "${destination}")
endfunction()

install_configured("${CONFIGURATION_DIR}" mysmtpd.conf mypopd.conf)
file(INSTALL "${here}/users.txt" DESTINATION "${CONFIGURATION_DIR}"
  PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)   # passwords

install_configured("${prefix}/lib/systemd/system" mysmtpd.service mypopd.service)
file(INSTALL "${here}/mysmtpd.socket" "${here}/mysmtpd-tls.socket" "${here}/mypopd.socket" "${here}/mypopd-tls.socket"
  DESTINATION "${prefix}/lib/systemd/system")
file(INSTALL "${here}/sysusers.conf" DESTINATION "${prefix}/lib/sysusers.d" RENAME mymail.conf)

file(GLOB pages "${PROJECT_SOURCE_DIR}/docs/man/*.[58]")
foreach(page IN LISTS pages)
  get_filename_component(name "${page}" NAME)
  string(REGEX REPLACE "^.*\\." "" section "${name}")
  install_compressed("${page}" "${prefix}/${MANDIR}/man${section}" "${name}.gz")
endforeach()

# The licence in the form that Debian asks for: each line indented, a dot for an empty one.
file(READ "${PROJECT_SOURCE_DIR}/LICENSE" LICENSE_TEXT)
string(REGEX REPLACE "^[^\n]*\n\n[^\n]*\n\n" "" LICENSE_TEXT "${LICENSE_TEXT}")   # its title and owner
string(STRIP "${LICENSE_TEXT}" LICENSE_TEXT)
string(REPLACE "\n\n" "\n.\n" LICENSE_TEXT "${LICENSE_TEXT}")
string(REPLACE "\n" "\n " LICENSE_TEXT "${LICENSE_TEXT}")
install_configured("${prefix}/${DOCDIR}" copyright)
install_compressed("${PROJECT_SOURCE_DIR}/CHANGELOG.md" "${prefix}/${DOCDIR}" changelog.gz)
file(GLOB documents "${PROJECT_SOURCE_DIR}/docs/*.md")
file(INSTALL ${documents} DESTINATION "${prefix}/${DOCDIR}")
