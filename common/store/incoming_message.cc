#include "common/store/incoming_message.h"

#include "common/store/store_root.h"

namespace store {

bool IncomingMessage::append(std::string_view text) {
  buffer_.append(text);
  stored_octets_ += text.size();
  wire_size_.add(text);
  return buffer_.size() < kBufferOctets;
}

std::error_code IncomingMessage::write_out() {
  if (error_) return error_;
  if (!losses_before_) losses_before_ = root_.losses();
  error_ = draft_.write(buffer_);
  std::string().swap(buffer_);
  return error_;
}

bool IncomingMessage::is_lost() const {
  return losses_before_ && *losses_before_ != root_.losses();
}

}  // namespace store
