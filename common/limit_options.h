// The options of both servers that are limits: what may be said, and in which range.
#pragma once

#include "common/options.h"

namespace CLI {
class App;
}

namespace options {

// Those of mysmtpd, and those of mypopd. The values outlive `app`.
void add_limits(CLI::App& app, Smtp& smtp);
void add_limits(CLI::App& app, Pop3& pop3);

}  // namespace options
