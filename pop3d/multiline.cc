#include "pop3d/multiline.h"

namespace pop3 {
namespace {

constexpr size_t kSpareRoom = 32;  // one part in so many

}  // namespace

bool ListingWriter::write(const Listing& listing, std::string& out, size_t limit) {
  while (out.size() < limit) {
    const auto index = listing.next(index_);
    if (!index) {
      out += ".\r\n";
      return true;
    }
    const store::MessageList& messages = listing.messages();
    out.append(std::to_string(*index + 1)).append(" ");
    out.append(what_ == What::kUids ? messages.uid_of(*index)
                                    : std::to_string(messages.octets_of(*index)));
    out += "\r\n";
    index_ = *index + 1;
  }
  return false;
}

bool MessageWriter::write(std::string_view text, std::string& out) {
  begun_ = true;
  const size_t shown = top_ ? top_->take(text) : text.size();
  // What dots and line ends add is mostly less: a reply that waits then has no room to spare.
  out.reserve(out.size() + shown + shown / kSpareRoom);
  encoder_.encode(text.substr(0, shown), out);
  offset_ += text.size();
  const bool done = text.empty() || (top_ && top_->done());
  if (done) encoder_.finish(out);
  return done;
}

}  // namespace pop3
