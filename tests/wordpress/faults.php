<?php
/*
 * Plugin Name: misbehaves on demand
 *
 * DIR/requests gets one line for each request that came in:
 *   POST /xmlrpc.php metaWeblog.newPost      POST /wp-json/wp/v2/posts
 * A file of one of these names in DIR/faults makes one answer go wrong and is
 * removed then; one that says "always" stays.
 *   500-before        500 before anything was done
 *   500-before-post   the same, of a request that makes a post only
 *   500-after-post    500 after a post was made or changed
 *   sleep-after-post  then no answer for that many seconds (default 20)
 *   cut-after-post    then an answer that is shorter than it says
 *   garbage           an answer that is neither XML nor JSON, whatever was done
 *   garbage-after-post the same, after a post was made or changed only
 *   bom               a byte order mark and blank lines before the answer
 *   no-media          uploads are refused
 */
if (!defined('TEST_DIR') || PHP_SAPI === 'cli')
	return;

ignore_user_abort(true);
$test_post_made = false;

function test_fault($name)
{
	$file = TEST_DIR . "/faults/$name";
	if (!file_exists($file))
		return false;
	$text = trim((string)@file_get_contents($file));
	if ($text === 'always')
		return $text;
	/* Of two requests at once only one gets it. */
	return @unlink($file) ? $text : false;
}

function test_log_request()
{
	$line = $_SERVER['REQUEST_METHOD'] . ' ' . $_SERVER['REQUEST_URI'];
	if (strpos($line, 'xmlrpc.php') !== false &&
			preg_match('|<methodName>\s*([\w.]+)|', file_get_contents('php://input'), $m))
		$line .= " $m[1]";
	file_put_contents(TEST_DIR . '/requests', "$line\n", FILE_APPEND | LOCK_EX);
}

function test_answer($text)
{
	global $test_post_made;
	$after = $test_post_made;
	if ($after && ($s = test_fault('sleep-after-post')) !== false)
		sleep(min(30, (int)$s ?: 20));
	if ($after && test_fault('500-after-post') !== false) {
		header('HTTP/1.1 500 Internal Server Error', true, 500);
		$text = '<html><body>Internal Server Error</body></html>';
	}
	if ($after && test_fault('cut-after-post') !== false) {
		header('Content-Length: ' . strlen($text));
		return substr($text, 0, 40);
	}
	if (test_fault('garbage') !== false || ($after && test_fault('garbage-after-post') !== false))
		$text = "<br />\n<b>Warning</b>: array_key_exists() expects & more in /srv/x.php\n";
	if (test_fault('bom') !== false)
		$text = "\xEF\xBB\xBF\n\r\n \n" . $text;
	header_remove('Content-Length');
	return $text;
}

test_log_request();
$test_is_call = preg_match('~/xmlrpc\.php|/wp-json/|rest_route=~', $_SERVER['REQUEST_URI']);
$test_makes_post = $_SERVER['REQUEST_METHOD'] === 'POST' && preg_match('~/wp/v2/posts(&|\?|$)~', $_SERVER['REQUEST_URI']) ||
	strpos($_SERVER['REQUEST_URI'], 'xmlrpc.php') !== false && strpos(file_get_contents('php://input'), 'metaWeblog.newPost') !== false;
if ($test_is_call) {
	if (test_fault('500-before') !== false || ($test_makes_post && test_fault('500-before-post') !== false)) {
		http_response_code(500);
		exit('Internal Server Error');
	}
	ob_start('test_answer');
	add_action('wp_insert_post', function ($id, $post) {
		global $test_post_made;
		if ($post->post_type === 'post')
			$test_post_made = true;
	}, 10, 2);
	/* XML-RPC and REST each have their own way in. */
	add_filter('wp_upload_bits', function ($file) {
		return test_fault('no-media') !== false ? 'no room is left' : $file;
	});
	add_filter('wp_handle_sideload_prefilter', function ($file) {
		if (test_fault('no-media') !== false)
			$file['error'] = 'no room is left';
		return $file;
	});
}
