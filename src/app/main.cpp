#include "app/client_connection.hpp"
#include "app/lifecycle.hpp"
#include "app/site.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "cli/program.hpp"

#include <iostream>

int main(int argc, char** argv) {
    using namespace tally;
    PosixFileSystem files;
    SystemClock clock;
    SystemRandom random;
    const app::Machine machine{files, clock, random};
    app::Lifecycle lifecycle(machine);
    cli::Surroundings surroundings;
    surroundings.connect = [&machine](const cli::GlobalOptions& options) {
        return app::connect(options, machine);
    };
    surroundings.connect_pure =
        [&machine](const cli::GlobalOptions&) -> Result<std::unique_ptr<cli::Transport>> {
        return app::connect_pure(machine);
    };
    surroundings.lifecycle = &lifecycle;
    surroundings.in = &std::cin;
    surroundings.out = &std::cout;
    surroundings.err = &std::cerr;
    surroundings.version = app::kVersion;
    return cli::run_program(argc, argv, surroundings);
}
