/* SPDX-License-Identifier: MIT */
#include "hosts.h"

#define HTTPS_PORT 443

/* A name that starts with a dot stands for every host below it. */
static const char *const link_hosts[] = { "link.coupang.com", "www.coupang.com", "m.coupang.com",
	"coupa.ng" };
static const char *const image_hosts[] = { "ads-partners.coupang.com", ".coupangcdn.com" };

static bool is_among(const char *host, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i][0] != '.' ? str_eq(host, names[i]) :
				strlen(host) > strlen(names[i]) && str_ends(host, names[i]))
			return true;
	}
	return false;
}

static bool is_stand_in(const struct http_url *endpoint)
{
	return endpoint && endpoint->loopback;
}

static bool is_endpoint(const struct http_url *u, const struct http_url *endpoint)
{
	return is_stand_in(endpoint) && u->secure == endpoint->secure &&
		u->port == endpoint->port && str_eq(u->host, endpoint->host);
}

bool hosts_link_ok(const char *url, const struct http_url *endpoint)
{
	struct http_url u;

	if (http_url_parse(url, false, &u))
		return false;
	return is_endpoint(&u, endpoint) || (u.secure && u.port == HTTPS_PORT &&
		is_among(u.host, link_hosts, ARRAY_LEN(link_hosts)));
}

static bool is_programme_image(const struct http_url *u)
{
	return u->port == (u->secure ? HTTPS_PORT : 80) &&
		is_among(u->host, image_hosts, ARRAY_LEN(image_hosts));
}

bool hosts_image_ok(const char *url, const struct http_url *endpoint)
{
	struct http_url u;

	if (http_url_parse(url, true, &u))
		return false;
	return is_endpoint(&u, endpoint) || is_programme_image(&u);
}

char *hosts_image_address(const char *url, const struct http_url *endpoint)
{
	static const char plain[] = "http://";
	struct http_url u;
	char *address;

	if (http_url_parse(url, true, &u))
		return NULL;
	if (is_endpoint(&u, endpoint))
		return xstrdup(url);
	if (is_stand_in(endpoint) || !is_programme_image(&u))
		return NULL;
	if (u.secure)
		return xstrdup(url);
	address = xasprintf("https://%s", url + sizeof(plain) - 1);
	/* A named port 80 would now be asked to speak TLS. */
	if (http_url_parse(address, false, &u) || u.port != HTTPS_PORT) {
		free(address);
		return NULL;
	}
	return address;
}
