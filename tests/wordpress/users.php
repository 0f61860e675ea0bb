<?php
// Run once on the command line: who writes, and what WordPress is told of it.
require $argv[1] . '/wp-load.php';

function someone($login, $role)
{
	$password = bin2hex(random_bytes(10)) . ' 암호<&>';
	$id = wp_insert_user(array('user_login' => $login, 'user_pass' => $password,
		'user_email' => "$login@example.org", 'role' => $role));
	if (is_wp_error($id)) {
		fwrite(STDERR, $id->get_error_message() . "\n");
		exit(1);
	}
	return array($id, $password);
}

global $wp_rewrite;
$wp_rewrite->set_permalink_structure('/%postname%/');
$wp_rewrite->flush_rules(false);
wp_insert_term('주방', 'category');
list($id, $password) = someone('writer', 'author');
list(, $reader) = someone('reader', 'subscriber');
list($app) = WP_Application_Passwords::create_new_application_password($id, array('name' => 'cpauto'));
echo "USER=writer\nAUTHOR_ID=$id\nPASSWORD='$password'\nAPP_PASSWORD=$app\n";
echo "SUBSCRIBER=reader\nSUBSCRIBER_PASSWORD='$reader'\n";
