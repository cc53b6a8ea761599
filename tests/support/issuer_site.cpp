#include "support/issuer_site.hpp"

#include <mutex>
#include <stdexcept>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace tally::test {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;
using tcp = asio::ip::tcp;

struct Certificate {
    std::string pem;
    std::string key_pem;
};

std::string pem_of(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    std::string pem(data, static_cast<std::size_t>(size));
    BIO_free(memory);
    return pem;
}

Certificate make_certificate(SiteCertificate kind) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    const bool expired = kind == SiteCertificate::kExpired;
    X509_gmtime_adj(X509_getm_notBefore(certificate), expired ? -7200 : -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -3600 : 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("issuer"), -1,
                               -1, 0);
    X509_set_issuer_name(certificate, name);
    const char* hosts = kind == SiteCertificate::kOtherHost ? "DNS:other.test" : "DNS:localhost";
    X509V3_CTX context = {};
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    for (const auto& [id, text] :
         {std::pair{NID_subject_alt_name, hosts}, {NID_basic_constraints, "critical,CA:TRUE"}}) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, text);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
    X509_sign(certificate, key, EVP_sha256());
    BIO* as_text = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(as_text, certificate);
    BIO* key_text = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(key_text, key, nullptr, nullptr, 0, nullptr, nullptr);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {pem_of(as_text), pem_of(key_text)};
}

}  // namespace

struct IssuerSite::Impl {
    explicit Impl(SiteCertificate kind)
        : with_tls(kind != SiteCertificate::kNone),
          certificate(with_tls ? make_certificate(kind) : Certificate{}) {
        if (with_tls) {
            tls.use_certificate(asio::buffer(certificate.pem), ssl::context::pem);
            tls.use_private_key(asio::buffer(certificate.key_pem), ssl::context::pem);
        }
        accept();
        thread = std::thread([this] { io.run(); });
    }

    ~Impl() {
        io.stop();
        thread.join();
    }

    struct Connection {
        Connection(asio::io_context& io, ssl::context& tls) : stream(io, tls) {}

        ssl::stream<tcp::socket> stream;
        asio::streambuf buffer;
        std::string answer;
    };

    using Held = std::shared_ptr<Connection>;

    void accept() {
        auto next = std::make_shared<Connection>(io, tls);
        acceptor.async_accept(next->stream.next_layer(), [this, next](error_code error) {
            if (error)
                return;
            if (with_tls)
                next->stream.async_handshake(ssl::stream_base::server, [this, next](error_code shaken) {
                    if (!shaken)
                        answer(next->stream, next);
                });
            else
                answer(next->stream.next_layer(), next);
            accept();
        });
    }

    template <class Stream>
    void answer(Stream& stream, const Held& held) {
        asio::async_read_until(stream, held->buffer, "\r\n\r\n",
                               [this, &stream, held](error_code error, std::size_t) {
                                   if (error)
                                       return;
                                   bool keep = false;
                                   {
                                       const std::lock_guard lock(mutex);
                                       request.assign(asio::buffers_begin(held->buffer.data()),
                                                      asio::buffers_end(held->buffer.data()));
                                       held->answer = response;
                                       keep = hang;
                                   }
                                   ++requests;
                                   asio::async_write(stream, asio::buffer(held->answer),
                                                     [this, held, keep](error_code, std::size_t) {
                                                         if (keep)
                                                             kept = held;
                                                     });
                               });
    }

    const bool with_tls;
    const Certificate certificate;
    std::atomic<int> requests{0};
    std::mutex mutex;
    std::string response;  // these guarded by mutex
    std::string request;
    bool hang = false;
    asio::io_context io{1};
    ssl::context tls{ssl::context::tls_server};
    tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    Held kept;
    std::thread thread;
};

IssuerSite::IssuerSite(SiteCertificate certificate) : impl_(std::make_unique<Impl>(certificate)) {}

IssuerSite::~IssuerSite() = default;

std::uint16_t IssuerSite::port() const {
    return impl_->acceptor.local_endpoint().port();
}

std::string IssuerSite::url() const {
    return impl_->with_tls ? fmt::format("https://localhost:{}/jwks.json", port())
                           : fmt::format("http://127.0.0.1:{}/jwks.json", port());
}

void IssuerSite::serve(std::string body, int status, std::string headers) {
    serve_raw(fmt::format("HTTP/1.1 {} Answer\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status,
                          body.size(), headers, body));
}

void IssuerSite::serve_raw(std::string bytes, bool hang) {
    const std::lock_guard lock(impl_->mutex);
    impl_->response = std::move(bytes);
    impl_->hang = hang;
}

int IssuerSite::requests() const {
    return impl_->requests;
}

std::string IssuerSite::last_request() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->request;
}

const std::string& IssuerSite::authority() const {
    return impl_->certificate.pem;
}

}  // namespace tally::test
