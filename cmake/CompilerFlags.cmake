# Warnings as errors for our targets, hardening for every binary, sanitizers by TALLYMAN_SANITIZE.
set(TALLYMAN_SANITIZE "" CACHE STRING "address,undefined or thread; empty = none")

add_library(tally_flags INTERFACE)
target_compile_options(tally_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -Wdouble-promotion -Werror)

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# OpenSSF compiler hardening guide.
add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection=full -Wformat
                    -Werror=format-security -ftrivial-auto-var-init=zero)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
set(CMAKE_EXE_LINKER_FLAGS "${CMAKE_EXE_LINKER_FLAGS} -pie")

if(TALLYMAN_SANITIZE)
  add_compile_options(-fsanitize=${TALLYMAN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TALLYMAN_SANITIZE})
  if(TALLYMAN_SANITIZE MATCHES thread)
    target_compile_options(tally_flags INTERFACE -Wno-tsan)  # Asio's fences: a remark, not a finding
  endif()
  # g++ 12 reports these falsely inside library headers once sanitizers are on.
  target_compile_options(tally_flags INTERFACE -Wno-error=uninitialized -Wno-error=maybe-uninitialized)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()
