#pragma once

#include <string>
#include <vector>

namespace tally::edge {

// Alive and not merely waiting to be reaped. A process whose first thread has ended lives while another of
// its threads does: until then it holds its ports, files and locks, though it has no command line any more.
bool is_alive(int pid);

// The process's arguments joined by blanks, with one behind the last; empty when there is no such process.
std::string command_line(int pid);

// Living processes of a process group. nginx's workers are of their master's, also when that is dead.
std::vector<int> group_members(int group);

}  // namespace tally::edge
